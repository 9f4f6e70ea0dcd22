// FullScreen: the terminal while a verb has all of it. It is as before when the object is gone.
#pragma once

#include <termios.h>

#include <cstddef>
#include <string>
#include <vector>

namespace bpfcast {

class FullScreen {
 public:
  FullScreen() { Enter(); }
  ~FullScreen() { Leave(); }
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;

  /// Keys come one by one and are not shown; the cursor is hidden, the screen another one.
  void Enter();
  void Leave();
  void Draw(const std::vector<std::string>& lines) const;

  struct Size {
    std::size_t width = 80;
    std::size_t height = 24;
  };
  Size size() const;

 private:
  termios before_{};
  bool inside_ = false;
};

}  // namespace bpfcast
