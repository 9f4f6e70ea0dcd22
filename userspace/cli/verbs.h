// The verbs: each turns the agent's answer into text for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace bpfcast {

std::string StatusText(const nlohmann::ordered_json& status);
std::string PortsText(const nlohmann::ordered_json& ports);
std::string GroupsText(const nlohmann::ordered_json& groups);

}  // namespace bpfcast
