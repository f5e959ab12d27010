"""What integrators get wrong about the API's own faults."""

from __future__ import annotations

from mock_truv.contract.mutants import Edit, Mutant

MUTANTS = (
    Mutant(
        "RF-70",
        "rf70-repeats-without-looking",
        "It waits after a lost answer, but asks again without looking for the order.",
        (
            Edit(
                "settling.py",
                "for search in (_among_strangers, _in_list, _at_source, _among_deliveries):",
                "for search in ():",
            ),
        ),
    ),
    Mutant(
        "RF-70",
        "rf70-adopts-an-older-order",
        "It takes the newest order of the case for the one that it asked for.",
        (
            Edit(
                "settling.py",
                '    if created_us is None or created_us < attempt["started_us"] - rules.CREATED_EARLIER_US:\n',
                "    if created_us is None:\n",
            ),
            Edit(
                "settling.py",
                "    for search in (_among_strangers, _in_list, _at_source, _among_deliveries):",
                "    for search in (_at_source,):",
            ),
        ),
    ),
    Mutant(
        "RF-71",
        "rf71-waits-for-an-event",
        "After a lost answer it waits for an event, and has no timer of its own.",
        (
            Edit(
                "attempts.py",
                '            store.set_timer("attempt", attempt_id, now_us + 30 * SECOND_US)\n',
                '            store.set_timer("attempt", attempt_id, None)\n',
            ),
        ),
    ),
    Mutant(
        "RF-72",
        "rf72-5xx-means-no",
        "It takes a 5xx for a refusal: nothing happened, so it asks again later.",
        (
            Edit(
                "truv.py",
                "        if 400 <= status < 500 and status != 408:",
                "        if 400 <= status and status != 408:",
            ),
        ),
    ),
    Mutant(
        "RF-73",
        "rf73-no-body-means-no",
        "It takes a success without a readable body for a failure, and asks again later.",
        (
            Edit(
                "truv.py",
                "        if 400 <= status < 500 and status != 408:",
                "        if (400 <= status < 500 and status != 408) or (200 <= status < 300 and content is None):",
            ),
        ),
    ),
    Mutant(
        "RF-74",
        "rf74-gives-up-on-broken-reads",
        "It takes an order that cannot be read for one that came to nothing.",
        (
            Edit(
                "attempts.py",
                '        else:\n            context.poll_later(attempt, attempt["polls"])\n\n\ndef _refused(',
                '        else:\n            give_up(context, attempt, "no data")\n\n\ndef _refused(',
            ),
        ),
    ),
    Mutant(
        "RF-75",
        "rf75-waits-for-ever",
        "Its requests have no timeout worth the name.",
        (Edit("truv.py", "TIMEOUT_S = 60.0", "TIMEOUT_S = 86_400.0"),),
    ),
    Mutant(
        "RF-76",
        "rf76-hammers",
        "It repeats a refused request again and again.",
        (Edit("rules.py", "REFUSALS_MAX = 2\n", "REFUSALS_MAX = 200\n"),),
    ),
    Mutant(
        "RF-77",
        "rf77-probes-too-often",
        "While its own keys are refused it tries again every twenty seconds.",
        (Edit("pacing.py", "PROBE_US = 5 * MINUTE_US", "PROBE_US = 20 * SECOND_US"),),
    ),
    Mutant(
        "RF-78",
        "rf78-every-case-for-itself",
        "Every case retries by itself, after pauses that do not grow.",
        (
            Edit("pacing.py", "OUTAGE_AFTER = 5\n", "OUTAGE_AFTER = 1_000_000\n"),
            Edit(
                "pacing.py",
                "    return min(first_us << min(max(times, 0), 40), most_us)",
                "    return min(first_us, most_us)",
            ),
        ),
    ),
    Mutant(
        "RF-79",
        "rf79-fills-in-what-it-reads",
        "When an event said done it fills in whatever the order shows then.",
        (
            Edit("reading.py", '    if status == "completed":', '    if status in {"completed", "pending"}:'),
            Edit("reading.py", "    if not employments and isinstance(link_id, str):", "    if link_id is None:"),
            Edit("reading.py", "    if not employments or _is_known_report(", "    if _is_known_report("),
        ),
    ),
    Mutant(
        "RF-80",
        "rf80-reads-the-first-page",
        "It looks for the order on the first page of the list only.",
        (
            Edit("truv.py", "            yield page\n", "            yield page\n            return\n"),
            Edit(
                "settling.py",
                "for search in (_among_strangers, _in_list, _at_source, _among_deliveries):",
                "for search in (_among_strangers, _in_list):",
            ),
        ),
    ),
)
"""One for each clause of section G, and more where integrators go wrong in several ways."""
