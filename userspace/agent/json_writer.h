// JsonWriter: JSON that is written as it comes, for views of ten thousand rows; a tree of them costs more
// than all that is found out for it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bpfcast {

/// Adds to a text. Objects and arrays must be closed as they were opened, and in objects each value follows
/// its key.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& text) : text_(text) {}

  void BeginObject() { Begin('{'); }
  void EndObject() { End('}'); }
  void BeginArray() { Begin('['); }
  void EndArray() { End(']'); }
  /// A name of ours: nothing in it is escaped.
  void Key(std::string_view key);

  /// What is no UTF-8 is replaced.
  void Value(std::string_view text);
  void Value(const char* text) { Value(std::string_view(text)); }
  void Value(std::uint64_t number);
  void Value(int number);
  /// A finite number.
  void Value(double number);
  void Value(bool truth);
  void Null();

  template <class T>
  void Field(std::string_view key, const T& value) {
    Key(key);
    Value(value);
  }

 private:
  void Begin(char bracket);
  void End(char bracket);
  void Separate();

  std::string& text_;
  bool follows_ = false;  // another value of the same object or array
};

}  // namespace bpfcast
