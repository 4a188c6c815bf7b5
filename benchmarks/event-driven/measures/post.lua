-- wrk's side of the HTTP section: every request has an idempotency key of its own. For one thread of wrk; a second one
-- would count from the same number.
local token, prefix, filler
local count = 0

function init(words)
  token, prefix, filler = words[1], words[2], words[3]
end

function request()
  count = count + 1
  local headers = {
    ["authorization"] = "Bearer " .. token,
    ["content-type"] = "application/json",
    ["idempotency-key"] = prefix .. count,
  }
  return wrk.format("POST", nil, headers, '{"prompt":"Summarise ticket ' .. count .. ". " .. filler .. '"}')
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
