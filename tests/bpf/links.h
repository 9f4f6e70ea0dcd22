// The bed of the matrix with its far ends: a frame goes in at one port, and what comes out at the others is
// compared.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "bpf/matrix.h"

namespace bpfcast::bpftest {

template <class Case>
class OnLinks : public OnMatrix<Case> {
 protected:
  using Base = OnMatrix<Case>;
  using Base::lab_;

  void SetUp() override {
    Base::SetUp();
    for (const PortId id : {kU, kD1, kD2, kD3}) ends_.push_back(lab_.FarEnd(id));
  }
  const Far& End(PortId id) const { return ends_[static_cast<std::size_t>(id)]; }

  // Sends it to `arrival`, and expects exactly one right copy at each of `egress` and none at the other
  // ports.
  void Expect(const Bytes& frame, PortId arrival, const std::set<PortId>& egress) {
    End(arrival).Send(frame);
    for (const PortId id : {kU, kD1, kD2, kD3}) {
      std::vector<Bytes> got;
      if (egress.contains(id)) {
        const auto first = End(id).Receive();
        ASSERT_TRUE(first) << "port " << static_cast<int>(id);
        got.push_back(*first);
      }
      for (Bytes& more : End(id).Drain(60)) got.push_back(std::move(more));
      ASSERT_EQ(got.size(), egress.count(id)) << "port " << static_cast<int>(id);
      for (const Bytes& copy : got) EXPECT_EQ(Hex(copy), Hex(Forwarded(frame, lab_.port(id).mac)));
    }
  }

  std::vector<Far> ends_;
};

}  // namespace bpfcast::bpftest
