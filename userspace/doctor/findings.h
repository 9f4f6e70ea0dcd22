// Findings: what doctor says of the facts. Pure, so that every rule has its test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "doctor/facts.h"

namespace bpfcast {

enum class Level : std::uint8_t {
  kOk,
  kWarn,  // streams may suffer
  kFail,  // something blocks
};

struct Finding {
  std::string id;  // "rp-filter"
  Level level = Level::kOk;
  std::string object;  // a port; "machine", "agent"
  std::string text;
  std::string fix;      // one line; empty where there is nothing to do
  std::string symptom;  // the id in Symptoms() that it causes; empty: none
};

/// In the order machine, agent, ports.
std::vector<Finding> Diagnose(const DoctorFacts& facts);

bool AnyFails(const std::vector<Finding>& findings);

}  // namespace bpfcast
