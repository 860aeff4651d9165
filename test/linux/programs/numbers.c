/* Prints what depends on integer, floating-point and string code, and on the C library's own. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static unsigned long fib(int n)
{
	return n < 2 ? (unsigned long)n : fib(n - 1) + fib(n - 2);
}

int main(void)
{
	enum { COUNT = 1000 };
	static double values[COUNT];
	unsigned long long state = 88172645463325252ULL;
	long double sum = 0;
	char text[256] = "";
	int i;

	for (i = 0; i < COUNT; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		values[i] = (double)state / 1e15 - 9000;
		sum += values[i] * 1.0L / (i + 1);
	}
	qsort(values, COUNT, sizeof(values[0]), compare);
	printf("%.17g %.17g %.17g\n", values[0], values[COUNT / 2], values[COUNT - 1]);
	printf("%.21Lg %a %e\n", sum, sqrt(values[COUNT - 1]), values[1]);
	printf("%.15g %.15g %.15g\n", sin(1.5), exp(0.25), pow(2.5, 3.25));
	printf("%lu %llx %lld\n", fib(22), state, (long long)(state % 1000003) - 500000);
	for (i = 0; i < 10; i++)
		sprintf(text + strlen(text), "%d:%c ", i * i, 'a' + i);
	printf("%s%zu %g\n", text, strlen(text), strtod("6.02214076e23", NULL));
	return 7;
}
