// The table of symptoms: what people see, what it usually is, and which finding tells.
#pragma once

#include <string>
#include <vector>

namespace bpfcast {

struct Symptom {
  std::string id;
  std::string what;
  std::string cause;
  std::vector<std::string> findings;  // their ids
};

const std::vector<Symptom>& Symptoms();

}  // namespace bpfcast
