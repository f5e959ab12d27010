"""The shell around the pure world: real time, the running of due steps, the performing of effects."""
