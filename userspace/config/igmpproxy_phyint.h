// Phyint: one interface block of an igmpproxy.conf.
#pragma once

#include <cstdint>

#include "config/config.h"
#include "config/igmpproxy_lexer.h"

namespace bpfcast {

enum class PhyintRole : std::uint8_t { kDisabled, kUpstream, kDownstream };

/// What an interface is that nothing was said of.
InterfaceConfig DefaultPhyint();
inline constexpr const char* kWithoutAltnet = "igmpproxy.conf without an altnet";

class Phyint {
 public:
  Phyint(const ConfigWord& name, PhyintRole default_role, ConfigNotes& notes);

  /// False when no interface can have this name.
  bool usable() const { return usable_; }
  TextPosition at() const { return at_; }
  PhyintRole role() const { return role_; }
  bool role_given() const { return role_given_; }
  /// Without what holds for the whole file: timing, fast leave.
  const InterfaceConfig& config() const { return config_; }
  /// Of its settings, under its name.
  const ConfigOrigins& origins() const { return origins_; }

  /// The last one counts.
  void SetRole(const ConfigWord& keyword, ConfigNotes& notes);
  void SetThreshold(const ConfigWord& number, ConfigNotes& notes);
  void AddAltnet(const ConfigWord& network, ConfigNotes& notes);
  void AddAccess(Access access, const ConfigWord& network, ConfigNotes& notes);

 private:
  TextPosition at_;
  bool usable_ = true;
  PhyintRole role_;
  bool role_given_ = false;
  bool any_source_ = false;  // altnet 0.0.0.0/0
  InterfaceConfig config_ = DefaultPhyint();
  ConfigOrigins origins_;
};

}  // namespace bpfcast
