-- New tickets by many users in turn, no two alike. Arguments: the file of callers, the apikey, the path, a number of
-- eight digits that no other run has, how many categories there are (nine at the most), "json" or "multipart".
dofile("script/bench.d/common.lua")

local COMMENT = "It was due last week and the tracking page has not changed since. Please find out where it is."

local heads = {}
local before, between, after
local current
local run, categories
local made = 0

-- The body around the two parts of fixed length that differ: the subject's number and the category.
local function body(kind)
  if kind == "json" then
    return '{"subject":"Order ', ' has not arrived yet","priority":"2","comment":"' .. COMMENT .. '","category":"', '"}'
  end
  local function part(name)
    return '--ferrodesk\r\nContent-Disposition: form-data; name="' .. name .. '"\r\n\r\n'
  end
  return part("subject") .. "Order ", " has not arrived yet\r\n" .. part("priority") .. "2\r\n" .. part("comment") ..
    COMMENT .. "\r\n" .. part("category"), "\r\n--ferrodesk--\r\n"
end

function init(args)
  local content_type = args[6] == "json" and "application/json" or "multipart/form-data; boundary=ferrodesk"
  run, categories = args[4], tonumber(args[5])
  before, between, after = body(args[6])
  -- wrk.format makes the length of its own body, so it is given one and the head is cut off it.
  local filler = string.rep("x", #before + #run + #"-0-000000000" + #between + 1 + #after)
  for _, caller in ipairs(callers(args[1])) do
    local headers = {
      apikey = args[2],
      Authorization = "Bearer " .. caller.token,
      ["Content-Type"] = content_type,
    }
    heads[#heads + 1] = wrk.format("POST", args[3], headers, filler):sub(1, -#filler - 1)
  end
  current = math.floor(thread_number * #heads / 2)
end

function request()
  current = current % #heads + 1
  made = made + 1
  local number = string.format("%s-%d-%09d", run, thread_number, made)
  return heads[current] .. before .. number .. between .. (made % categories + 1) .. after
end
