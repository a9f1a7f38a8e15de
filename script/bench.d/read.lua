-- GETs by many users in turn. Arguments: the file of callers, the apikey, the path, in which TICKET stands for a ticket.
dofile("script/bench.d/common.lua")

local requests = {}
local current

function init(args)
  for _, caller in ipairs(callers(args[1])) do
    local headers = { apikey = args[2], Authorization = "Bearer " .. caller.token }
    requests[#requests + 1] = wrk.format("GET", (args[3]:gsub("TICKET", caller.ticket)), headers)
  end
  -- Each thread begins elsewhere, so that no two walk in step.
  current = math.floor(thread_number * #requests / 2)
end

function request()
  current = current % #requests + 1
  return requests[current]
end
