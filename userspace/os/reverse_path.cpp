#include "os/reverse_path.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace bpfcast {

unsigned ReversePathFilter(const std::string& interface) {
  unsigned filter = 0;
  for (const std::string& scope : {std::string("all"), interface}) {
    std::ifstream file("/proc/sys/net/ipv4/conf/" + scope + "/rp_filter");
    unsigned value = 0;
    if (file >> value) filter = std::max(filter, value);
  }
  return filter;
}

std::uint64_t ReversePathDrops() {
  // A line of names, then one of numbers, for each of several protocols.
  std::ifstream file("/proc/self/net/netstat");
  for (std::string names, numbers; std::getline(file, names) && std::getline(file, numbers);) {
    std::istringstream name_of(names);
    std::istringstream number_of(numbers);
    for (std::string name, number; name_of >> name && number_of >> number;) {
      if (name == "IPReversePathFilter") return std::stoull(number);
    }
  }
  return 0;
}

}  // namespace bpfcast
