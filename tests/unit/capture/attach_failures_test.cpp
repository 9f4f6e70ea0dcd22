#include "capture/attach_failures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace bpfcast {
namespace {

using ::testing::HasSubstr;

TEST(AttachFailures, WhatTheKernelDoesNotAllowIsFinal) {
  for (const int error : {EPERM, ENOSYS, EOPNOTSUPP, 524}) {
    AttachFailures failures;
    failures.Add(7, "bpfcast_xdp", error);
    EXPECT_THAT(failures.refused(), HasSubstr("this kernel does not let the capture look into programs"));
    failures.Clear(7);
    failures.KeepOnly({});
    EXPECT_NE(failures.refused(), "") << error;
  }
}

TEST(AttachFailures, WhatTheVerifierRefusesIsFinalAndNotForbidden) {
  AttachFailures failures;
  failures.Add(7, "bpfcast_xdp", EACCES);
  failures.Clear(7);
  failures.KeepOnly({});
  EXPECT_EQ(failures.refused(),
            "this kernel's verifier refuses the program with which the capture looks into bpfcast_xdp");
}

TEST(AttachFailures, AnythingElseIsTriedAgain) {
  for (const int error : {ENOMEM, EAGAIN, EBUSY, ENOENT, E2BIG, EMFILE, EINVAL}) {
    AttachFailures failures;
    failures.Add(7, "bpfcast_tc", error);
    EXPECT_EQ(failures.refused(), "") << error;
    EXPECT_TRUE(failures.any());
    failures.Clear(7);
    EXPECT_FALSE(failures.any());
    EXPECT_EQ(failures.Text(), "");
  }
}

TEST(AttachFailures, OfOneAttemptNobodyNeedsToHearAndOfProgramsThatWent) {
  AttachFailures failures;
  failures.Add(7, "bpfcast_tc", ENOENT);
  EXPECT_EQ(failures.Text(2), "");
  failures.Add(7, "bpfcast_tc", ENOENT);
  EXPECT_THAT(failures.Text(2), HasSubstr("bpfcast_tc (program 7): No such file or directory; it is tried"));
  failures.KeepOnly({8});
  EXPECT_FALSE(failures.any());
}

}  // namespace
}  // namespace bpfcast
