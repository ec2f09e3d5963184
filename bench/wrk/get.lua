-- GETs of the targets in $WRK_TARGETS, in random order. The file has lines "T token" and, behind
-- each, "P path" for what that token may read. Writes what was measured to $WRK_RESULT as JSON.
local requests = {}

function init(args)
  local token = nil
  for line in io.lines(os.getenv("WRK_TARGETS")) do
    local kind, value = line:sub(1, 1), line:sub(3)
    if kind == "T" then
      token = value
    else
      requests[#requests + 1] = wrk.format("GET", value, { Authorization = "Bearer " .. token })
    end
  end
  math.randomseed(os.time())
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency, _)
  local errors = summary.errors
  local file = assert(io.open(os.getenv("WRK_RESULT"), "w"))
  file:write(string.format(
    '{"requests":%d,"duration_us":%d,"bytes":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,' ..
      '"connect_errors":%d,"read_errors":%d,"write_errors":%d,"status_errors":%d,"timeouts":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50),
    latency:percentile(99), latency.max, errors.connect, errors.read, errors.write, errors.status,
    errors.timeout))
  file:close()
end
