#include "diagnosis.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace bpfcast::test {

using nlohmann::json;

json Explain(const Daemon& daemon, const std::string& stream) {
  const CommandResult result = daemon.Cli("explain " + stream + " -j");
  if (result.status != 0) throw std::runtime_error(result.err);
  return json::parse(result.out);
}

json ExpectVerdict(const Daemon& daemon, const std::string& stream, const std::string& state,
                   Clock::duration limit) {
  json verdict;
  EXPECT_TRUE(Eventually(
      [&] {
        verdict = Explain(daemon, stream)["verdict"];
        return verdict["state"] == state;
      },
      limit))
      << "wanted " << state << " of " << stream << "\n"
      << daemon.Cli("explain " + stream).out;
  return verdict;
}

json Findings(const Daemon& daemon) {
  return json::parse(daemon.Cli("doctor -j").out, nullptr, false);
}

json FindFinding(const json& findings, const std::string& id, const std::string& object) {
  for (const json& finding : findings) {
    if (finding["id"] == id && finding["object"] == object) return finding;
  }
  return nullptr;
}

json ExpectFinding(const Daemon& daemon, const std::string& id, const std::string& object,
                   const std::string& level, Clock::duration limit) {
  json found;
  EXPECT_TRUE(Eventually(
      [&] {
        found = FindFinding(Findings(daemon), id, object);
        return found.is_object() && found["level"] == level;
      },
      limit))
      << "no " << level << " " << id << " of " << object << ":\n"
      << daemon.Cli("doctor").out;
  return found.is_object() ? found : json{{"text", ""}, {"fix", ""}, {"symptom", nullptr}};
}

void ExpectNoComplaint(const Daemon& daemon, const std::string& id, const std::string& object,
                       Clock::duration limit) {
  EXPECT_TRUE(Eventually(
      [&] {
        const json found = FindFinding(Findings(daemon), id, object);
        return found.is_null() || found["level"] == "ok";
      },
      limit))
      << id << " of " << object << " is still there:\n"
      << daemon.Cli("doctor").out;
}

}  // namespace bpfcast::test
