// Numbers for people.
#pragma once

#include <cstdint>
#include <string>

namespace bpfcast {

/// "1.2 MB"
std::string HumanBytes(std::uint64_t bytes);
/// "1.2 M"; for a unit to follow
std::string HumanScaled(double value);
/// "1 234 567"
std::string HumanCount(std::uint64_t count);
/// "3d 4h", "2m 5s", "1.5s"
std::string HumanSeconds(double seconds);
/// "12.3 Mbit/s, 1 050 pkt/s"
std::string HumanRate(double bits_per_s, double packets_per_s);

}  // namespace bpfcast
