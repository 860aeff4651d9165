// What is printed by the SDK's printf and by the C library's, which must be the same. F prints and ends the line.
F("text %s|%10s|%-10s|%.3s|%5.2s|%s", "one", "two", "three", "fourth", "fifth", "");
F("character %c|%3c|%-3c|%%", 'a', 'b', 'c');
F("int %d|%i|%6d|%-6d|%06d|%d", 42, -42, -7, -7, -7, 0);
F("limits %d|%d|%u", INT32_MIN, INT32_MAX, UINT32_MAX);
F("long %ld|%lu|%lx", -123456789L, 123456789UL, 0xabcdefUL);
F("long long %lld|%lld|%llu", (long long)INT64_MIN, (long long)INT64_MAX, (unsigned long long)UINT64_MAX);
F("padded %6lld|%011llu|%-12llu|", -5LL, 7ULL, 9ULL);
F("hexadecimal %x|%X|%08x|%llx|%2x", 0xbeefu, 0xbeefu, 0x1fu, 0x123456789abcdef0ull, 0x12345u);
F("short %hhd|%hd|%hhu|%hu", (signed char)-1, (short)-2, (unsigned char)200, (unsigned short)60000);
F("size %zu|%zx", (size_t)4096, (size_t)255);
