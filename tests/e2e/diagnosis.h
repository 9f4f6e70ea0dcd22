// What the running daemon says is wrong: verdicts of `bpfcast explain`, findings of `bpfcast doctor`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "support/daemon.h"

namespace bpfcast::test {

/// `bpfcast explain STREAM -j`; throws when it fails. `stream` is a group, and perhaps a source after it.
nlohmann::json Explain(const Daemon& daemon, const std::string& stream);
/// Waits for the state and gives the verdict; fails the test with what was said otherwise.
nlohmann::json ExpectVerdict(const Daemon& daemon, const std::string& stream, const std::string& state,
                             Clock::duration limit = 5s);

/// `bpfcast doctor -j`.
nlohmann::json Findings(const Daemon& daemon);
/// Null when there is none.
nlohmann::json FindFinding(const nlohmann::json& findings, const std::string& id, const std::string& object);
/// Waits for a finding of that level and gives it; fails the test with all of them otherwise.
nlohmann::json ExpectFinding(const Daemon& daemon, const std::string& id, const std::string& object,
                             const std::string& level, Clock::duration limit = 5s);
/// Waits until there is none of that kind, or it is "ok".
void ExpectNoComplaint(const Daemon& daemon, const std::string& id, const std::string& object,
                       Clock::duration limit = 5s);

}  // namespace bpfcast::test
