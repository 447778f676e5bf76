// What the thread sanitizer need not tell, in every test. The distribution's
// TBB is not instrumented: it synchronises where the sanitizer cannot see it,
// and its templates are inlined into our objects.
extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return "race:tbb::detail\n"
         "race:^tbb::\n"
         "called_from_lib:libtbb.so.12\n"
         "called_from_lib:libdnnl.so.3\n";
}
