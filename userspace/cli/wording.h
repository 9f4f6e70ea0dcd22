// Words that several verbs share.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/ansi.h"

namespace bpfcast {

/// "up", or "waiting (why)"
std::string StateOf(const nlohmann::ordered_json& port);
/// `text` in the colour of a port's, or of its family's, "state" and "reason": up green, down red, waiting
/// yellow.
std::string ColouredState(const nlohmann::ordered_json& of, const std::string& text,
                          Invocation::Colour colour);
/// "all", "all but 10.0.0.1", "only 10.0.0.1 10.0.0.2", "nothing"; of a "mode" and "sources"
std::string Wanted(const nlohmann::ordered_json& record);
/// "IGMPv3", "MLDv1"; of a row with a "family"
std::string ProtocolOf(const nlohmann::ordered_json& row, std::uint64_t version);
/// The newest version of that protocol.
std::uint64_t NewestVersion(const nlohmann::ordered_json& row);
/// What a port says of each family that is asked for, IPv4 first.
std::vector<const nlohmann::ordered_json*> FamiliesOf(const nlohmann::ordered_json& port);
/// "4m 5s", or "-" when it is null
std::string SecondsOf(const nlohmann::ordered_json& seconds);
std::string TextOf(const nlohmann::ordered_json& json, const char* key);
std::uint64_t NumberOf(const nlohmann::ordered_json& json, const char* key);

}  // namespace bpfcast
