#include "capture/attach_failures.h"

#include <cerrno>
#include <cstring>

namespace bpfcast {
namespace {

constexpr int kNotSupported = 524;  // ENOTSUPP, which only the kernel has

bool IsFinal(int error) {
  return error == EPERM || error == ENOSYS || error == EOPNOTSUPP || error == kNotSupported;
}

}  // namespace

void AttachFailures::Add(std::uint32_t program, const std::string& name, int error) {
  // The verifier's word for a program that it does not take; without the privilege it would be EPERM.
  if (error == EACCES) {
    refused_ = "this kernel's verifier refuses the program with which the capture looks into " + name;
    now_.clear();
    return;
  }
  if (IsFinal(error)) {
    refused_ = "this kernel does not let the capture look into programs (" + name + ": " +
               (error == kNotSupported ? "not supported" : std::strerror(error)) + ")";
    now_.clear();
    return;
  }
  Failure& failure = now_[program];
  failure.text = "cannot look into " + name + " (program " + std::to_string(program) +
                 "): " + std::strerror(error) + "; it is tried again";
  ++failure.attempts;
}

void AttachFailures::KeepOnly(const std::set<std::uint32_t>& programs) {
  std::erase_if(now_, [&](const auto& each) { return !programs.contains(each.first); });
}

std::string AttachFailures::Text(int attempts) const {
  if (!refused_.empty()) return refused_;
  for (const auto& [program, failure] : now_) {
    if (failure.attempts >= attempts) return failure.text;
  }
  return {};
}

}  // namespace bpfcast
