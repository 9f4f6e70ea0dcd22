#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>

#include "cli/verbs.h"

namespace bpfcast {
namespace {

enum Exit { kOk = 0, kRuntime = 1, kEnvironment = 3 };

using Text = std::string (*)(const nlohmann::ordered_json&);

struct Verb {
  const char* name;  // of the agent's method, too
  const char* help;
  Text text;
  Text details = nullptr;  // the text with -d
};

constexpr Verb kVerbs[] = {
    {"status", "What runs, and how its ports are", StatusText},
    {"ports", "Every port with its hook, its querier, traffic and IGMP counters", PortsText},
    {"groups", "Who wants what", GroupsText, GroupDetailsText},
    {"flows", "Every stream: where it comes from, where it goes, and how fast", FlowsText},
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

}  // namespace

int RunCommandLine(int argc, const char* const* argv, const Caller& call) {
  std::string instance = "default";
  bool json = false;
  bool details = false;
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
    command->callback([&] {
      const auto result = call(instance, verb.name);
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
