// Verb: one word of `bpfcast`, what may follow it, and what it does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/client.h"

namespace bpfcast {

/// Calls a method of an instance: Call(), or a test's stand-in.
using Caller = std::function<CallResult(const std::string& instance, const std::string& method,
                                        const CallParams& params)>;

/// The same, with the answer as the JSON text that it is.
using TextCaller =
    std::function<CallText(const std::string& instance, const std::string& method, const CallParams& params)>;

/// The names of the instances that run: RunningInstances(), or a test's stand-in.
using InstanceLister = std::function<std::vector<std::string>()>;

/// The exit status of `bpfcast`.
enum class Exit : std::uint8_t {
  kOk = 0,
  kRuntime = 1,        // wrong usage, a privilege that is missing, a refusal of the agent
  kConfiguration = 2,  // a file that cannot be used; a stream that the settings do not let through
  kEnvironment = 3,    // no agent answers; the machine cannot do it
};

struct Argument {
  enum class Kind : std::uint8_t {
    kRequired,        // a word at its place
    kOptional,        // the same, may be left out
    kMany,            // the same, any number of them
    kOption,          // --name VALUE, may come several times
    kRequiredOption,  // the same, must be there
    kFlag,            // --name
  };
  Kind kind = Kind::kRequired;
  const char* name = "";  // as the help shows it: "GROUP", "-i,--interface"
  const char* help = "";
  /// The key under which the invocation has it: "GROUP", "interface".
  std::string Key() const;
};

/// What was typed.
struct Invocation {
  std::string instance;  // empty: none was named, and calls choose
  InstanceLister running;
  enum class Form : std::uint8_t { kText, kJson } form = Form::kText;
  enum class Colour : std::uint8_t { kOff, kOn } colour = Colour::kOff;  // kOn: stdout is a terminal
  std::map<std::string, std::vector<std::string>, std::less<>> arguments;
  Caller call;
  TextCaller call_for_text;

  bool Has(const std::string& key) const { return arguments.contains(key); }
  /// The last that was given, or `otherwise`.
  std::string Get(const std::string& key, const std::string& otherwise = "") const;
  /// All that were given, in their order.
  std::vector<std::string> All(const std::string& key) const;
};

struct Verb {
  std::string name;  // "groups", "acl test"
  std::string help;
  std::vector<Argument> arguments;
  std::function<Exit(const Invocation&)> run;
};

}  // namespace bpfcast
