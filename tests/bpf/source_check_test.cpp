// F-12 in the programs: which sources a port accepts, in both directions.
#include <gtest/gtest.h>

#include "bpf/matrix.h"
#include "bpf/program_run.h"

namespace bpfcast::bpftest {
namespace {

// Beyond all links: an altnet, and what nobody names.
template <class F>
struct Beyond;
template <>
struct Beyond<Igmp> {
  static Prefix<Ipv4Address> Altnet() { return {V4("10.9.0.0"), 16}; }
  static Ipv4Address OfAltnet() { return V4("10.9.9.9"); }
  static Ipv4Address Far() { return V4("8.8.8.8"); }
  static Ipv4Address Loopback() { return V4("127.0.0.1"); }
  static Ipv4Address LinkLocal() { return V4("169.254.1.1"); }
};
template <>
struct Beyond<Mld> {
  static Prefix<Ipv6Address> Altnet() { return {V6("2001:db9::"), 32}; }
  static Ipv6Address OfAltnet() { return V6("2001:db9:9::9"); }
  static Ipv6Address Far() { return V6("2a00::8"); }
  static Ipv6Address Loopback() { return V6("::1"); }
  static Ipv6Address LinkLocal() { return V6("fe80::5"); }
};

template <class Case>
class SourceCheckTest : public OnMatrix<Case> {
 protected:
  using Base = OnMatrix<Case>;
  using Base::lab_;
  using typename Base::Address;
  using typename Base::F;
  using typename Base::M;

  void SetUp() override {
    Base::SetUp();
    lab_.Route(this->any_, this->group_, {kD1, kD2});
  }
  void Altnets(PortId id, const std::vector<Prefix<Address>>& altnets) {
    this->Of(id).other_sources = altnets;
    lab_.Set(lab_.port(id));
  }
  void Check(PortId id, SourceCheck check) {
    lab_.port(id).source_check = check;
    lab_.Set(lab_.port(id));
  }
  // What becomes of it, by the one counter that moved.
  std::string Verdict(PortId arrival, const Address& source) {
    return MovedCounter(lab_, this->kHook, this->From(source).Build(), arrival);
  }

  const Address of_u_ = M::OfU(10);
  const Address of_d1_ = M::OfD1(10);
  const Address of_d2_ = M::OfD2(10);
  const Address of_altnet_ = Beyond<F>::OfAltnet();
  const Address far_ = Beyond<F>::Far();
};
TYPED_TEST_SUITE(SourceCheckTest, EveryCase, CaseName);

TYPED_TEST(SourceCheckTest, TF_11_ADownstreamAcceptsItsSubnetsAndAltnets) {
  EXPECT_EQ(this->Verdict(kD1, this->of_d1_), "forwarded");
  EXPECT_EQ(this->Verdict(kD1, this->of_altnet_), "rpf");
  this->Altnets(kD1, {Beyond<typename TestFixture::F>::Altnet()});
  EXPECT_EQ(this->Verdict(kD1, this->of_altnet_), "forwarded");
  EXPECT_EQ(this->Verdict(kD1, this->of_d2_), "rpf");
  EXPECT_EQ(this->Verdict(kD2, this->of_altnet_), "rpf");
  EXPECT_EQ(this->Verdict(kU, this->far_), "forwarded");
  this->Altnets(kD1, {});
  EXPECT_EQ(this->Verdict(kD1, this->of_altnet_), "rpf");
}

TYPED_TEST(SourceCheckTest, TF_11_AnUpstreamWithoutAltnetsAcceptsAllButTheSubnetsOfDownstreams) {
  EXPECT_EQ(this->Verdict(kU, this->of_u_), "forwarded");
  EXPECT_EQ(this->Verdict(kU, this->far_), "forwarded");
  EXPECT_EQ(this->Verdict(kU, this->of_d2_), "rpf");
}

TYPED_TEST(SourceCheckTest, TF_11_AnUpstreamWithAltnetsAcceptsItsSubnetsAndTheseAlone) {
  this->Altnets(kU, {Beyond<typename TestFixture::F>::Altnet()});
  EXPECT_EQ(this->Verdict(kU, this->of_u_), "forwarded");
  EXPECT_EQ(this->Verdict(kU, this->of_altnet_), "forwarded");
  EXPECT_EQ(this->Verdict(kU, this->far_), "rpf");
  EXPECT_EQ(this->Verdict(kU, this->of_d2_), "rpf");
  EXPECT_EQ(this->Verdict(kD1, this->of_d1_), "forwarded");
  EXPECT_EQ(this->Verdict(kD1, this->of_altnet_), "rpf");
  this->Altnets(kU, {{this->any_, 0}});
  EXPECT_EQ(this->Verdict(kU, this->far_), "forwarded");
  EXPECT_EQ(this->Verdict(kU, this->of_d2_), "rpf");
  this->Altnets(kU, {});
  EXPECT_EQ(this->Verdict(kU, this->far_), "forwarded");
}

TYPED_TEST(SourceCheckTest, TF_11_OffPassesAllButOwnAndMartian) {
  this->Altnets(kU, {Beyond<typename TestFixture::F>::Altnet()});
  for (const PortId id : {kU, kD1}) {
    SCOPED_TRACE(static_cast<int>(id));
    this->Check(id, SourceCheck::kOff);
    for (const auto& source : {this->of_u_, this->of_d1_, this->of_d2_, this->of_altnet_, this->far_}) {
      EXPECT_EQ(this->Verdict(id, source), "forwarded") << source.ToString();
    }
    EXPECT_EQ(this->Verdict(id, Beyond<typename TestFixture::F>::Loopback()), "mart");
    EXPECT_EQ(this->Verdict(id, TestFixture::M::OfD2(1)), "own");
    this->Check(id, SourceCheck::kSubnet);
    EXPECT_EQ(this->Verdict(id, this->far_), "rpf");
  }
}

TYPED_TEST(SourceCheckTest, F_52_F_09_WhatNobodyMayForwardIsStillTheStacksWhereSocketsListen) {
  EXPECT_EQ(this->Verdict(kD1, Beyond<typename TestFixture::F>::LinkLocal()), "mart");
  this->lab_.Route(this->any_, this->group_, {kD1, kD2}, true);
  EXPECT_EQ(this->Verdict(kD1, Beyond<typename TestFixture::F>::LinkLocal()), "local");
  EXPECT_EQ(this->Verdict(kD1, this->of_d2_), "rpf");
}

}  // namespace
}  // namespace bpfcast::bpftest
