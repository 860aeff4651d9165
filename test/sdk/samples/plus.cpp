// A program in C++: constructors run before it, and nothing needs a library.
#include <jailhouse.h>
#include <string.h>

namespace {

struct Base {
  virtual const char* name() const { return "base"; }
};

struct Greeting : Base {
  char text[8];
  Greeting() { memcpy(text, "built", 6); }
  const char* name() const override { return text; }
};

Greeting greeting;

Base& base = greeting;

}  // namespace

void inmate_main() {
  jh_printf("C++: %s, region revision %u\n", base.name(), static_cast<unsigned>(jh_comm()->revision));
  jh_set_state(JH_CELL_SHUT_DOWN);
}
