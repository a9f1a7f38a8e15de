-- What the scripts for wrk share. wrk runs them from the repository's root, once in each of its threads.

local threads = 0

function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end

-- The callers of a file: a token and a ticket of its user on each line.
function callers(file)
  local all = {}
  for line in io.lines(file) do
    local token, ticket = line:match("^(%S+) (%S+)$")
    all[#all + 1] = { token = token, ticket = ticket }
  end
  return all
end

-- One line that the bench reads; times are in microseconds.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
