# Writes a C++ file whose FUNCTION gives the bytes of INPUT. Run as a script: cmake -DINPUT= -DOUTPUT= -DHEADER= -DFUNCTION= -P
file(READ "${INPUT}" hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE "${OUTPUT}" "#include \"${HEADER}\"\n\nnamespace {\nconstexpr unsigned char kBytes[] = {${bytes}};\n}  // namespace\n\nstd::string_view ${FUNCTION}() noexcept { return {reinterpret_cast<const char*>(kBytes), ${size}}; }\n")
