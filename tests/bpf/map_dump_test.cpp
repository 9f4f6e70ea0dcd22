// An operator with bpftool alone can read what is pinned: every map can be dumped, with the names of its
// fields.
#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <map>
#include <set>

#include "bpf/program_run.h"
#include "datapath/bpf_fd.h"

namespace bpfcast::bpftest {
namespace {

// Maps without field names, and why.
const std::map<std::string, std::string> kWithoutNames = {
    {"tx_one", "the kernel takes no BTF for device maps"},
    {"oils", "the kernel takes no BTF for maps of maps; `oil_ports` has the same lists"},
};
const std::map<std::string, std::string> kWithoutDump = {
    {"events", "a ring buffer has no elements"},
};

bpf_map_info InfoOf(const std::string& pin) {
  bpf_map_info info{};
  std::uint32_t size = sizeof info;
  const BpfFd map(::bpf_obj_get(pin.c_str()));
  EXPECT_EQ(::bpf_obj_get_info_by_fd(map.get(), &info, &size), 0) << pin;
  return info;
}

// The names in front of colons in what bpftool prints, but for its own.
std::set<std::string> Names(const std::string& dump) {
  std::set<std::string> names;
  for (std::size_t end = dump.find("\":"); end != std::string::npos; end = dump.find("\":", end + 1)) {
    const std::size_t begin = dump.rfind('"', end - 1) + 1;
    names.insert(dump.substr(begin, end - begin));
  }
  for (const char* own : {"key", "value", "values", "cpu", ""}) names.erase(own);
  return names;
}

TEST(MapDump, EveryPinnedMapIsReadableWithTheNamesOfItsFields) {
  Lab lab;
  lab.MakeBed(Hook::kXdp);
  lab.Route(Ipv4Address(), V4("239.1.2.3"), {kD1, kD2});
  lab.Route(Ipv6Address(), V6("ff0e::1234"), {kD1, kD2});
  for (DatapathPort port : {lab.port(kD1)}) {
    port.ipv4.passages.rules = {{{V4("239.255.0.0"), 16}, Passage::kNotUpstream}};
    port.ipv6.passages.rules = {{{V6("ff05::"), 16}, Passage::kNotUpstream}};
    lab.Set(port);
  }
  RunTc(lab, Frame{}.Build(), lab.port(kU).ifindex);
  RunTc(lab, Frame6{}.Build(), lab.port(kU).ifindex);
  // Fields by which a reader finds what the README says is there.
  const std::map<std::string, std::set<std::string>> expected = {
      {"control", {"lease"}},
      {"rt4", {"source", "group"}},
      {"rt6", {"source", "group"}},
      {"routes", {"from_upstream", "from_downstream", "not_upstream", "key4", "key6", "family"}},
      {"oil_ports", {"ports"}},
      {"ports", {"ifindex", "mtu", "mac", "role", "ttl_threshold", "ipv4", "ipv6", "served"}},
      {"if_port", {}},  // a number to a number
      {"sources4", {"prefixlen", "scope", "address"}},
      {"sources6", {"prefixlen", "scope", "address"}},
      {"passages4", {"prefixlen", "scope", "address"}},
      {"passages6", {"prefixlen", "scope", "address"}},
      {"verdicts", {}},
      {"port_stat", {"rx_packets", "rx_bytes", "tx_packets", "tx_bytes", "reasons"}},
      {"route_stat", {"routes", "packets", "bytes", "dropped"}},
      {"flows4",
       {"stream", "source", "group", "port", "packets", "bytes", "dropped", "last", "mark", "previous",
        "refused"}},
      {"flows6",
       {"stream", "source", "group", "port", "packets", "bytes", "dropped", "last", "mark", "previous",
        "refused"}},
  };
  std::set<std::string> seen;
  for (const auto& entry : std::filesystem::directory_iterator(lab.bpffs() + "/bpfcast/test")) {
    const std::string name = entry.path().filename();
    if (name.starts_with("link_") || name.starts_with("prog_")) continue;
    SCOPED_TRACE(name);
    seen.insert(name);
    const bpf_map_info info = InfoOf(entry.path());
    if (const auto without = kWithoutDump.find(name); without != kWithoutDump.end()) continue;
    const std::string dump = Output("bpftool map dump pinned " + entry.path().string() + " && echo worked");
    EXPECT_TRUE(dump.ends_with("worked\n"));
    if (const auto without = kWithoutNames.find(name); without != kWithoutNames.end()) {
      EXPECT_EQ(info.btf_value_type_id, 0U) << "it has names, although " << without->second;
      continue;
    }
    EXPECT_GT(info.btf_value_type_id, 0U) << "no names, and no reason in the list of this test";
    EXPECT_EQ(dump.find("value: "), std::string::npos) << "raw octets";
    const std::set<std::string> names = Names(dump);
    if (const auto fields = expected.find(name); fields != expected.end()) {
      for (const std::string& field : fields->second) EXPECT_TRUE(names.contains(field)) << field;
    }
  }
  for (const auto& [name, fields] : expected) EXPECT_TRUE(seen.contains(name)) << name << " is not pinned";
  for (const auto& list : {kWithoutNames, kWithoutDump}) {
    for (const auto& [name, reason] : list) EXPECT_TRUE(seen.contains(name)) << name << " is not pinned";
  }
}

}  // namespace
}  // namespace bpfcast::bpftest
