// The addresses of the conformance matrix (section G) on the bed of Lab, for tests that are one text for both
// families and both hooks.
#pragma once

#include <gtest/gtest.h>

#include "bpf/lab.h"

namespace bpfcast::bpftest {

template <class F>
struct Matrix;

template <>
struct Matrix<Igmp> {
  using Address = Ipv4Address;
  static constexpr const char* kName = "V4";
  static Address Group() { return V4("239.1.2.3"); }
  static Address OtherGroup() { return V4("239.7.7.7"); }
  static Address OfU(int n) { return V4("198.51.100." + std::to_string(n)); }
  static Address OfD1(int n) { return V4("192.0.2." + std::to_string(n)); }
  static Address OfD2(int n) { return V4("203.0.113." + std::to_string(n)); }
  static Address Far(int n) { return V4("10.0.0." + std::to_string(n)); }
  static FamilyPort<Igmp>& Of(DatapathPort& port) { return port.ipv4; }
};

template <>
struct Matrix<Mld> {
  using Address = Ipv6Address;
  static constexpr const char* kName = "V6";
  static Address Group() { return V6("ff0e::1234"); }
  static Address OtherGroup() { return V6("ff0e::7777"); }
  static Address OfU(int n) { return V6("2001:db8:f000::" + std::to_string(n)); }
  static Address OfD1(int n) { return V6("2001:db8:f001::" + std::to_string(n)); }
  static Address OfD2(int n) { return V6("2001:db8:f002::" + std::to_string(n)); }
  static Address Far(int n) { return V6("2001:db8::" + std::to_string(n)); }
  static FamilyPort<Mld>& Of(DatapathPort& port) { return port.ipv6; }
};

/// A family on a hook: what a test of both is run with.
template <class F, Hook H>
struct On {
  using Family = F;
  static constexpr Hook kHook = H;
};
using EveryCase =
    testing::Types<On<Igmp, Hook::kXdp>, On<Igmp, Hook::kTc>, On<Mld, Hook::kXdp>, On<Mld, Hook::kTc>>;

struct CaseName {
  template <class Case>
  static std::string GetName(int) {
    return std::string(Matrix<typename Case::Family>::kName) + (Case::kHook == Hook::kXdp ? "Xdp" : "Tc");
  }
};

/// The bed with every port on the hook of the case, and frames of its family.
template <class Case>
class OnMatrix : public testing::Test {
 protected:
  using F = typename Case::Family;
  using M = Matrix<F>;
  using Address = typename F::Address;
  using Frame = FrameOf<F>;
  static constexpr Hook kHook = Case::kHook;

  void SetUp() override { lab_.MakeBed(kHook); }

  /// The stream of most tests: a source of U to the group of the matrix.
  static Frame Stream() { return {}; }
  static Frame From(const Address& source) {
    Frame frame;
    frame.source = source;
    return frame;
  }
  static Frame To(const Address& group) {
    Frame frame;
    frame.group = group;
    frame.to = MulticastMac(group);
    return frame;
  }
  FamilyPort<F>& Of(PortId id) { return M::Of(lab_.port(id)); }

  Lab lab_;
  const Address any_{};
  const Address group_ = M::Group();
};

}  // namespace bpfcast::bpftest
