// What needs the timers of the RFC and a quarter of an hour: `tools/test --long` runs it.
#include "home.h"

namespace bpfcast::test {
namespace {

class PersonaP1Long : public AtHome {};

// Streams through proxies used to freeze after 260 s, the Group Membership Interval, or after 300, 520, 600.
TEST_F(PersonaP1Long, Step4_BoxesOfEachVersionWatchFor900SecondsWithTheTimersOfTheRfc) {
  Start(kTvConf);
  ExpectBothWatch(900s, 125s);
}

}  // namespace
}  // namespace bpfcast::test
