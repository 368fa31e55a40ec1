-- Posts JSON bodies made from a template: each @values@ in it becomes eight seeded random numbers.
-- Arguments: the template's path, a seed, and how many different requests to make (0: each one is new).

local WIDTH = 8
local TEXTS = 4096

local texts = {}
local pieces = {}
local slots = {}
local prepared = {}
local at = 0

-- Numbers of one length (0.1000 to 0.9999): so is every body, and its header is known beforehand.
local function prepare_texts()
  for i = 1, TEXTS do
    texts[i] = string.format("0.%04d", math.random(1000, 9999))
  end
end

-- The request as a list of texts, with the places where numbers go.
local function prepare_pieces(template)
  local length = #template
  local rest = 1
  pieces[1] = ""
  while true do
    local from, to = template:find("@values@", rest, true)
    pieces[#pieces + 1] = template:sub(rest, from and from - 1)
    if not from then break end
    for i = 1, WIDTH do
      slots[#slots + 1] = #pieces + 1
      pieces[#pieces + 1] = texts[1]
      if i < WIDTH then pieces[#pieces + 1] = "," end
    end
    length = length - #"@values@" + WIDTH * #texts[1] + WIDTH - 1
    rest = to + 1
  end
  local head = ""
  for name, value in pairs(wrk.headers) do
    head = head .. "\r\n" .. name .. ": " .. value
  end
  pieces[1] = "POST " .. wrk.path .. " HTTP/1.1" .. head
    .. "\r\nContent-Type: application/json\r\nContent-Length: " .. length .. "\r\n\r\n"
end

local function next_request()
  for i = 1, #slots do
    pieces[slots[i]] = texts[math.random(TEXTS)]
  end
  return table.concat(pieces)
end

function init(args)
  local file = assert(io.open(args[1]))
  local template = file:read("*a")
  file:close()
  math.randomseed(tonumber(args[2]))
  prepare_texts()
  prepare_pieces(template)
  for i = 1, tonumber(args[3]) do
    prepared[i] = next_request()
  end
  if #prepared == 0 then request = next_request end
end

function request()
  at = at % #prepared + 1
  return prepared[at]
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
