// Looks at the machine: what bpfcast depends on, in this network namespace. Changes nothing.
#pragma once

#include <vector>

#include "config/config.h"
#include "doctor/facts.h"

namespace bpfcast {

/// What can be learned without an agent. What cannot be learned stays at its default.
DoctorFacts ProbeMachine(const std::vector<InterfaceConfig>& interfaces, DatapathSetting datapath);

/// Every interface that the configuration names.
std::vector<InterfaceConfig> NamedInterfaces(const Config& config);

}  // namespace bpfcast
