// Words that several verbs share.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace bpfcast {

/// "up", or "waiting (why)"
std::string StateOf(const nlohmann::ordered_json& port);
/// "all", "all but 10.0.0.1", "only 10.0.0.1 10.0.0.2", "nothing"; of a "mode" and "sources"
std::string Wanted(const nlohmann::ordered_json& record);
/// "4m 5s", or "-" when it is null
std::string SecondsOf(const nlohmann::ordered_json& seconds);
std::string TextOf(const nlohmann::ordered_json& json, const char* key);
std::uint64_t NumberOf(const nlohmann::ordered_json& json, const char* key);

}  // namespace bpfcast
