// Findings as the JSON text that agent and command line show.
#pragma once

#include <string>
#include <vector>

#include "doctor/findings.h"

namespace bpfcast {

std::string FindingsJson(const std::vector<Finding>& findings);

}  // namespace bpfcast
