// What the parts of the verdict share; for explain_*.cpp alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/explain_facts.h"
#include "agent/explain_verdict.h"

namespace bpfcast {

/// "12 s ago", "never"
std::string AgoText(const std::optional<double>& seconds);
std::string JoinWords(const std::vector<std::string>& words, const char* between = ", ");
bool HasWord(const std::vector<std::string>& words, const std::string& word);
/// "239.1.2.3", or "10.0.0.1 to 239.1.2.3" where one source is asked about.
std::string StreamName(const StreamFacts& facts);
/// What is known of the port at step 4; null: nothing.
const PortFactsOfStream* FindPort(const StreamFacts& facts, const std::string& port);
std::vector<const SeenFacts*> SeenAs(const StreamFacts& facts, Flowing state);

/// No port wants it.
StreamVerdict NobodyWants(const StreamFacts& facts);
/// Packets of it are forwarded. `wishes` are those of the ports that want it.
StreamVerdict Delivering(const StreamFacts& facts, const std::vector<const WishFacts*>& wishes,
                         const std::vector<const SeenFacts*>& flowing);
/// None of the ports that want it gets any multicast, whatever comes; nothing where one may.
std::optional<StreamVerdict> NoneServed(const StreamFacts& facts,
                                        const std::vector<const WishFacts*>& wishes);

}  // namespace bpfcast
