-- POST /v1/orders/{id}/ for wrk: the order ids of the file IDS in turn, the same keys and body every time.
-- At the end one line of JSON with the counts.

local requests, turn = {}, 0

function init()
  local headers = {
    ["Content-Type"] = "application/json",
    ["X-Access-Client-Id"] = os.getenv("CLIENT_ID"),
    ["X-Access-Secret"] = os.getenv("SECRET"),
  }
  for id in io.lines(os.getenv("IDS")) do
    requests[#requests + 1] = wrk.format("POST", "/v1/orders/" .. id .. "/", headers, os.getenv("BODY"))
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
