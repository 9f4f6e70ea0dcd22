// The verbs, and the texts that they make of the agent's answers.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/verb.h"

namespace bpfcast {

/// All of them, in the order of the help.
std::vector<Verb> Verbs();

Verb StatusVerb();
Verb PortsVerb();
Verb GroupsVerb();
Verb HostsVerb();
Verb FlowsVerb();
Verb EventsVerb();
Verb TopVerb();
Verb ReloadVerb();
Verb SendVerb();
Verb RecvVerb();
Verb ExplainVerb();
Verb DoctorVerb();
Verb CheckVerb();
Verb MigrateVerb();
Verb ConfigVerb();
Verb KeysVerb();
Verb DebugVerb();
Verb AclTestVerb();
Verb JoinVerb();
Verb LeaveVerb();
Verb CaptureVerb();

/// State words have colours where they are on.
std::string StatusText(const nlohmann::ordered_json& status,
                       Invocation::Colour colour = Invocation::Colour::kOff);
std::string PortsText(const nlohmann::ordered_json& ports,
                      Invocation::Colour colour = Invocation::Colour::kOff);
/// How many copies the port did not take, and why: "9 (mtu, thr)".
std::string CopiesDroppedText(const nlohmann::ordered_json& port);
/// A line for each port and reason for which packets were not forwarded, or copies not sent.
std::string PortDropsText(const nlohmann::ordered_json& ports);
/// One line for each group on each port.
std::string GroupsText(const nlohmann::ordered_json& groups);
/// A block for each group, with timers, sources and hosts.
std::string GroupDetailsText(const nlohmann::ordered_json& groups);
/// One line for each host and group, of what `groups` answers.
std::string HostsText(const nlohmann::ordered_json& groups);
nlohmann::ordered_json HostsOf(const nlohmann::ordered_json& groups);
std::string FlowsText(const nlohmann::ordered_json& flows);
/// Those that flow now, the fastest first.
nlohmann::ordered_json FastestFirst(const nlohmann::ordered_json& flows);
/// One line for each packet that the datapath told of.
std::string EventsText(const nlohmann::ordered_json& events);
/// The four steps of a stream and the verdict on it.
std::string ExplainText(const nlohmann::ordered_json& answer,
                        Invocation::Colour colour = Invocation::Colour::kOff);
/// A line for each finding, with its symptom and its fix.
std::string DoctorText(const nlohmann::ordered_json& findings,
                       Invocation::Colour colour = Invocation::Colour::kOff);
struct FileReport;
/// Prints what is said of a file; kConfiguration when it is unusable.
Exit ShowReport(const Invocation& invocation, const FileReport& report);

/// A TOML file.
std::string ConfigText(const nlohmann::ordered_json& answer);
/// One of them, with the time of day; `now` in seconds since 1970.
std::string EventLine(const nlohmann::ordered_json& event, std::int64_t now);
std::string EventWhat(const nlohmann::ordered_json& event);
/// Prints new ones until a signal comes.
Exit FollowEvents(const Invocation& invocation);
/// Each step of the answer, and the verdict.
std::string AclText(const nlohmann::ordered_json& answer);
/// The port, group and source that were typed, for `join` and `leave`.
CallParams MembershipParams(const Invocation& invocation);
/// What became of it.
std::string SentenceText(const nlohmann::ordered_json& answer);
/// The level of each subsystem.
std::string DebugText(const nlohmann::ordered_json& levels);
/// What changed.
std::string ReloadText(const nlohmann::ordered_json& result);

}  // namespace bpfcast
