// What the tests have that need Debian's kernel: a router, whose links each test makes, and a daemon on it.
#pragma once

#include <gtest/gtest.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "support/capture.h"
#include "support/daemon.h"
#include "support/stream.h"
#include "support/wiring.h"

namespace bpfcast::test {

class OnDebian : public ::testing::Test {
 protected:
  ~OnDebian() override {
    if (HasFailure() && daemon_) std::cerr << daemon_->Stderr();
  }

  static std::string Name(const std::string& what) { return NamePrefix("vm") + "-" + what; }

  void StartDaemon(std::size_t ports, const std::string& configuration) {
    daemon_.emplace(router_, configuration, NamePrefix("vm"));
    daemon_->WaitUntilUp(ports, 20s);
  }

  /// Stream packets that arrived where `capture` listens.
  static std::size_t Seen(const Capture& capture, const AnyAddress& group) {
    return capture.Count([&](const Packet& packet) {
      return Arrived(packet) && packet.udp.has_value() && packet.to == group;
    });
  }

  /// `count` packets that reach `receiver`, each once.
  static void ExpectAll(const Receiver& receiver, const AnyAddress& source, std::uint64_t count) {
    receiver.WaitForTotal(count);
    EXPECT_EQ(receiver.Of(source).received, count);
    EXPECT_EQ(receiver.Of(source).duplicated, 0U);
  }

  NetNs router_{Name("router"), NetNs::Ipv6::kOn};
  NetNs up_{Name("up"), NetNs::Ipv6::kOn};
  NetNs lan_{Name("lan"), NetNs::Ipv6::kOn};
  const Host source_{up_, "up0", MakeIpv4(198, 51, 100, 1), Ipv6("fe80::1"), Ipv6("2001:db8:100::1")};
  const Host member_{lan_, "eth0", MakeIpv4(192, 0, 2, 10), Ipv6("fe80::a"), Ipv6("2001:db8:1::a")};
  std::optional<Daemon> daemon_;
};

inline const std::vector<AnyAddress> kGroups{MakeIpv4(239, 1, 2, 3), Ipv6("ff0e::1234")};

}  // namespace bpfcast::test
