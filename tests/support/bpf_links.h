// The attachments that an instance of the daemon has pinned.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace bpfcast::test {

struct BpfLinkInfo {
  std::uint32_t id = 0;
  std::uint32_t program = 0;  // the id of the one that it runs now
};

/// Links of interfaces, by the name of their pin. TC before Linux 6.6 has none.
std::map<std::string, BpfLinkInfo> PinnedLinks(const std::filesystem::path& pins);

/// Makes the maps those of the next version (BPFCAST_ABI), which no daemon under test can read.
void MakeMapsOfAnotherVersion(const std::filesystem::path& pins);

}  // namespace bpfcast::test
