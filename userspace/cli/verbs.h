// The verbs: each turns the agent's answer into text for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace bpfcast {

std::string StatusText(const nlohmann::ordered_json& status);
std::string PortsText(const nlohmann::ordered_json& ports);
/// One line for each group on each port.
std::string GroupsText(const nlohmann::ordered_json& groups);
/// A block for each group, with timers, sources and hosts.
std::string GroupDetailsText(const nlohmann::ordered_json& groups);
std::string FlowsText(const nlohmann::ordered_json& flows);
/// One line for each packet that the datapath told of.
std::string EventsText(const nlohmann::ordered_json& events);
/// What changed.
std::string ReloadText(const nlohmann::ordered_json& result);

}  // namespace bpfcast
