#include "cli/command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <list>
#include <string_view>

#include "cli/choose_instance.h"
#include "cli/unknown_verb.h"
#include "cli/verbs.h"

namespace bpfcast {
namespace {

/// A terminal whose user has not said otherwise (no-color.org).
bool TakesColour() {
  const auto is_set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  return isatty(STDOUT_FILENO) == 1 && !is_set("NO_COLOR") && is_set("TERM") &&
         std::string_view(std::getenv("TERM")) != "dumb";
}

/// What CLI11 fills for one argument.
struct Slot {
  std::string key;
  std::vector<std::string> values;
  bool flag = false;
};

void AddArgument(CLI::App& command, const Argument& argument, Slot& slot) {
  using Kind = Argument::Kind;
  slot.key = argument.Key();
  const auto word = [&](int count) {
    return command.add_option(argument.name, slot.values, argument.help)
        ->type_name("")
        ->expected(count)
        ->allow_extra_args(count != 1);  // one word is one, whatever follows it
  };
  const auto option = [&] {
    return command.add_option(argument.name, slot.values, argument.help)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->type_name("VALUE");
  };
  switch (argument.kind) {
    case Kind::kRequired:
      word(1)->required();
      return;
    case Kind::kOptional:
      word(1);
      return;
    case Kind::kMany:
      word(-1);
      return;
    case Kind::kOption:
      option();
      return;
    case Kind::kRequiredOption:
      option()->required();
      return;
    case Kind::kFlag:
      command.add_flag(argument.name, slot.flag, argument.help);
      return;
  }
}

/// The command of a verb, below that of its first word where it has two.
CLI::App& AddCommand(CLI::App& app, const Verb& verb) {
  const std::size_t space = verb.name.find(' ');
  if (space == std::string::npos) return *app.add_subcommand(verb.name, verb.help);
  const std::string first = verb.name.substr(0, space);
  const auto known = app.get_subcommands([&](const CLI::App* each) { return each->get_name() == first; });
  CLI::App* parent = known.empty() ? app.add_subcommand(first, verb.help) : known.front();
  parent->require_subcommand(1);
  parent->fallthrough();
  return *parent->add_subcommand(verb.name.substr(space + 1), verb.help);
}

}  // namespace

int RunCommandLine(int argc, const char* const* argv, const Caller& call, const TextCaller& call_for_text,
                   const InstanceLister& running) {
  Invocation invocation;
  bpfcast::SetCallers(call, call_for_text, running, invocation);  // qualified: JSON is incomplete here
  invocation.colour = TakesColour() ? Invocation::Colour::kOn : Invocation::Colour::kOff;
  bool json = false;
  CLI::App app("IGMP and MLD proxy: shows and changes what bpfcastd does", "bpfcast");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", BPFCAST_VERSION);
  app.add_option("--instance", invocation.instance, "Name of the instance, where several run")
      ->default_str("default");
  app.add_flag("-j,--json", json, "The answer as JSON");

  const std::vector<Verb> verbs = Verbs();
  if (const auto unknown = UnknownVerb({argv + std::min(argc, 1), argv + argc}, verbs)) {
    std::fprintf(stderr, "%s\n", unknown->c_str());
    return static_cast<int>(Exit::kRuntime);
  }
  const Verb* chosen = nullptr;
  std::list<Slot> slots;  // CLI11 keeps references
  for (const Verb& verb : verbs) {
    CLI::App& command = AddCommand(app, verb);
    command.fallthrough();
    std::vector<Slot*> own;
    for (const Argument& argument : verb.arguments) {
      AddArgument(command, argument, slots.emplace_back());
      own.push_back(&slots.back());
    }
    command.callback([&invocation, &chosen, &verb, own] {
      chosen = &verb;
      for (const Slot* slot : own) {
        if (slot->flag || !slot->values.empty()) invocation.arguments[slot->key] = slot->values;
      }
    });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(app.exit(error) == 0 ? Exit::kOk : Exit::kRuntime);
  }
  if (json) invocation.form = Invocation::Form::kJson;
  try {
    return static_cast<int>(chosen->run(invocation));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bpfcastd answered something unexpected: %s\n", error.what());
    return static_cast<int>(Exit::kRuntime);
  }
}

}  // namespace bpfcast
