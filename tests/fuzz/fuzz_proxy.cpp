// Scripts for a whole proxy of either family.
#include "fuzz/proxy_world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bpfcast;
  fuzz::Script script({data, size});
  if (script.Below(2) == 0) {
    fuzz::ProxyWorld<Igmp>(script).Run();
  } else {
    fuzz::ProxyWorld<Mld>(script).Run();
  }
  return 0;
}
