#include "base/sysctl_name.h"

namespace bpfcast {

std::string SysctlName(std::string_view family, std::string_view interface, std::string_view setting) {
  const char between = interface.find('.') == std::string_view::npos ? '.' : '/';
  std::string name = "net";
  for (const std::string_view part : {family, std::string_view("conf"), interface, setting}) {
    name += between;
    name += part;
  }
  return name;
}

}  // namespace bpfcast
