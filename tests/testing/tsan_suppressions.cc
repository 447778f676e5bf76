// What the thread sanitizer need not look into, in every test: libraries that
// are not instrumented.
extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libtbb.so.12\n"
         "called_from_lib:libdnnl.so.3\n";
}
