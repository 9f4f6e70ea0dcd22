// The demo's output: redrawn in place on a terminal, line by line elsewhere.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "viewer.h"

namespace bpfcast::demo {

class Screen {
 public:
  Screen();

  /// Something happened at `now`.
  void Event(test::Clock::duration now, const std::string& what);
  /// Draws everything; elsewhere than on a terminal only when `frequency` allows.
  enum class Frequency { kSometimes, kAlways };
  void Draw(test::Clock::duration now, test::Clock::duration end, const std::vector<const Viewer*>& viewers,
            const nlohmann::json& ports, Frequency frequency);

 private:
  bool terminal_;
  int lines_drawn_ = 0;
  test::Clock::duration last_drawn_ = test::Clock::duration::min();
  std::vector<std::string> events_;
};

}  // namespace bpfcast::demo
