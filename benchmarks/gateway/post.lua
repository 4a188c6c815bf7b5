-- wrk's side: chat completions, with the tokens of a file in turn, so that a gateway sees as many tenants. One thread of wrk.
local tokens, body, extra, count = {}, nil, {}, 0

function init(words)
  for line in io.lines(words[1]) do tokens[#tokens + 1] = line end
  body = '{"model":"' .. words[2] .. '"' .. (words[3] == "stream" and ',"stream":true' or "") ..
    ',"messages":[{"role":"user","content":"Say something about foxes, and about dogs that sleep."}]}'
  if words[4] then extra = { ["x-portkey-provider"] = "openai", ["x-portkey-custom-host"] = words[4] } end
end

function request()
  count = count + 1
  local headers = { ["content-type"] = "application/json", ["authorization"] = "Bearer " .. tokens[count % #tokens + 1] }
  for name, value in pairs(extra) do headers[name] = value end
  return wrk.format("POST", nil, headers, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
