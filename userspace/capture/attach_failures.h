// AttachFailures: why programs cannot be looked into, for good or just now. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace bpfcast {

class AttachFailures {
 public:
  /// `error` is an errno. What the kernel does not allow or does not have, and what its verifier refuses, is
  /// final, whatever program it was; anything else is another attempt's to overcome.
  void Add(std::uint32_t program, const std::string& name, int error);
  /// It worked after all.
  void Clear(std::uint32_t program) { now_.erase(program); }
  /// All others are gone.
  void KeepOnly(const std::set<std::uint32_t>& programs);

  /// Why the capture looks into no program of this kernel; empty when it may.
  const std::string& refused() const { return refused_; }
  /// Some program could not be looked into when it was last tried.
  bool any() const { return !refused_.empty() || !now_.empty(); }
  /// What failed; empty when nothing did. A program that goes while it is attached to fails once, so that of
  /// one attempt alone nobody needs to hear.
  std::string Text(int attempts = 1) const;

 private:
  struct Failure {
    std::string text;
    int attempts = 0;
  };
  std::map<std::uint32_t, Failure> now_;  // by program
  std::string refused_;
};

}  // namespace bpfcast
