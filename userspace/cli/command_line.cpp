#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>

#include "cli/verbs.h"

namespace bpfcast {
namespace {

enum Exit { kOk = 0, kRuntime = 1, kEnvironment = 3 };

using Json = nlohmann::ordered_json;
using Text = std::string (*)(const Json&);

enum class Rows { kOfBothFamilies, kNone };

struct Verb {
  const char* name;  // of the agent's method, too
  const char* help;
  Text text;
  Rows rows = Rows::kNone;
  Text details = nullptr;  // the text with -d
};

constexpr Verb kVerbs[] = {
    {"status", "What runs, and how its ports are", StatusText},
    {"ports", "Every port with its hook, its traffic, its queriers, and IGMP and MLD counters", PortsText,
     Rows::kOfBothFamilies},
    {"groups", "Who wants what", GroupsText, Rows::kOfBothFamilies, GroupDetailsText},
    {"flows", "Every stream: where it comes from, where it goes, and how fast", FlowsText,
     Rows::kOfBothFamilies},
    {"events", "Packets that were refused or wanted by nobody lately, one of each stream", EventsText,
     Rows::kOfBothFamilies},
    {"reload", "Reads the configuration again; what it does not change goes on", ReloadText},
};

int Complain(const CallError& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  switch (error.kind) {
    case CallError::Kind::kNoAnswer:
      return kEnvironment;
    case CallError::Kind::kRefused:
      return kRuntime;
  }
  return kRuntime;
}

int Print(const std::string& text) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? kOk : kRuntime;
}

/// Leaves out the rows, and the parts of rows, that are of `family`.
void LeaveOut(const char* family, Json& rows) {
  if (!rows.is_array()) return;
  for (auto row = rows.begin(); row != rows.end();) {
    row->erase(family);
    row = row->value("family", "") == family ? rows.erase(row) : row + 1;
  }
}

}  // namespace

int RunCommandLine(int argc, const char* const* argv, const Caller& call) {
  std::string instance = "default";
  bool json = false;
  bool details = false;
  bool ipv4 = false;
  bool ipv6 = false;
  CLI::App app("Asks a running bpfcastd", "bpfcast");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--instance", instance, "Name of the instance")->capture_default_str();
  app.add_flag("-j,--json", json, "The answer as JSON");

  int code = kOk;
  for (const Verb& verb : kVerbs) {
    CLI::App* command = app.add_subcommand(verb.name, verb.help);
    if (verb.details != nullptr)
      command->add_flag("-d,--details", details, "A block for each, with everything");
    if (verb.rows == Rows::kOfBothFamilies) {
      command->add_flag("-4,--ipv4", ipv4, "IPv4 only");
      command->add_flag("-6,--ipv6", ipv6, "IPv6 only");
    }
    command->callback([&] {
      auto result = call(instance, verb.name);
      if (result && ipv4 != ipv6) LeaveOut(ipv4 ? "ipv6" : "ipv4", *result);
      if (!result) {
        code = Complain(result.error());
      } else if (json) {
        code = Print(result->dump(2) + "\n");
      } else {
        code = Print((details ? verb.details : verb.text)(*result));
      }
    });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kRuntime;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bpfcastd answered something unexpected: %s\n", error.what());
    return kRuntime;
  }
  return code;
}

}  // namespace bpfcast
