-- Posts observations of receipts that were made before, each with a key of its own, so that all of them are new.
-- Arguments: the template's path, the receipts' path (a line each: receipt, tab, truth as JSON), where the keys begin, how
-- many observations go in one request, and how long a client pauses before each on average, in ms: at random, or all clients
-- would come at the same moments. In the template @inputs@ stands for the observations.

local prefix, head, tail
local receipts = {}
local truths = {}
local at = 0
local size = 1

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("*a")
  file:close()
  return text
end

function init(args)
  local template = read(args[1])
  local from, to = template:find("@inputs@", 1, true)
  head, tail = template:sub(1, from - 1), template:sub(to + 1)
  for line in io.lines(args[2]) do
    local receipt, truth = line:match("^(%S+)\t(.*)$")
    receipts[#receipts + 1] = receipt
    truths[#truths + 1] = truth
  end
  prefix = args[3]
  size = tonumber(args[4])
  local pause = tonumber(args[5])
  if pause > 0 then
    delay = function() return math.random(0, 2 * pause) end
  end
end

-- Receipts come in turn; who has had all of them begins again with other keys.
local function observation()
  at = at + 1
  local i = at % #receipts + 1
  return string.format('{"of":{"receipt":"%s"},"key":"%s-%d","truth":%s}', receipts[i], prefix, at, truths[i])
end

function request()
  local inputs = {}
  for i = 1, size do inputs[i] = observation() end
  local body = head .. table.concat(inputs, ",") .. tail
  return "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"]
    .. "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50Ms":%.3f,"p90Ms":%.3f,"p99Ms":%.3f,"maxMs":%.3f,' ..
    '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(90) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
