// bpfcast: asks a running bpfcastd.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/client.h"
#include "cli/verbs.h"

namespace {

using Text = std::string (*)(const nlohmann::ordered_json&);

enum Exit { kOk = 0, kRuntime = 1, kEnvironment = 3 };
enum class Output { kText, kJson };

int Show(const std::string& instance, const std::string& method, Text text, Output output) {
  const auto result = bpfcast::Call(instance, method);
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    return kEnvironment;
  }
  const std::string shown = output == Output::kJson ? result->dump(2) + "\n" : text(*result);
  const bool written = std::fputs(shown.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? kOk : kRuntime;
}

}  // namespace

int main(int argc, char** argv) {
  std::string instance = "default";
  bool json = false;
  CLI::App app("Asks a running bpfcastd");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--instance", instance, "Name of the instance")->capture_default_str();
  app.add_flag("-j,--json", json, "The answer as JSON");

  struct Verb {
    const char* name;
    const char* help;
    Text text;
  };
  int code = kOk;
  for (const Verb& verb :
       {Verb{"status", "What runs, and how its ports are", bpfcast::StatusText},
        Verb{"ports", "Every port with its hook, traffic and IGMP counters", bpfcast::PortsText},
        Verb{"groups", "Who wants what", bpfcast::GroupsText}}) {
    app.add_subcommand(verb.name, verb.help)->callback([&, verb] {
      code = Show(instance, verb.name, verb.text, json ? Output::kJson : Output::kText);
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
