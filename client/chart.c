/* Bars over a time axis; see chart.h. A drawing is a grid of cells, each an eighth-filled block, a
 * piece of the target's line, or nothing. */
#include "chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { EIGHTHS = 8, BAR_MAX = 3, LABEL_SIZE = 24, PLOT_MIN = 10 };

struct drawing {
    const struct chart *chart;
    double low, high;
    size_t label, plot, bar; /* columns: of the labels, of the plot, of a bar */
    int target;              /* the row of its line, from below; -1: none */
    int *heights;            /* by column, in eighths of a row */
};

static void reach(struct drawing *drawing, double value)
{
    if (isnan(value))
        return;
    drawing->low = fmin(drawing->low, value);
    drawing->high = fmax(drawing->high, value);
}

/* How far up the value is, 0 to 1. */
static double share(const struct drawing *drawing, double value)
{
    return (value - drawing->low) / (drawing->high - drawing->low);
}

static const char *label_of(double value, char buffer[LABEL_SIZE])
{
    snprintf(buffer, LABEL_SIZE, "%.6g", value);
    return buffer;
}

static void scale(struct drawing *drawing)
{
    const struct chart *chart = drawing->chart;
    char buffer[LABEL_SIZE];
    drawing->low = drawing->high = chart->points[0].value;
    for (size_t i = 0; i < chart->count; i++)
        reach(drawing, chart->points[i].value);
    reach(drawing, chart->baseline);
    reach(drawing, chart->target);
    if (drawing->high - drawing->low <= 0)
        drawing->high = drawing->low + 1;
    const double labels[] = {drawing->low, drawing->high, chart->target};
    for (size_t i = 0; i < 3; i++) {
        size_t len = isnan(labels[i]) ? 0 : strlen(label_of(labels[i], buffer));
        drawing->label = len > drawing->label ? len : drawing->label;
    }
    drawing->target = -1;
    if (!isnan(chart->target))
        drawing->target = (int)fmin(CHART_ROWS - 1, share(drawing, chart->target) * CHART_ROWS);
}

/* Where the bar of a day begins. */
static size_t column_of(const struct drawing *drawing, long day)
{
    const struct chart *chart = drawing->chart;
    long first = chart->points[0].day, last = chart->points[chart->count - 1].day;
    double room = (double)(drawing->plot - drawing->bar);
    return last == first ? 0
                         : (size_t)lround(room * (double)(day - first) / (double)(last - first));
}

/* Of two in the same column the later one is seen. */
static void raise_bars(struct drawing *drawing)
{
    const struct chart *chart = drawing->chart;
    for (size_t i = 0; i < chart->count; i++) {
        size_t column = column_of(drawing, chart->points[i].day);
        long height = lround(share(drawing, chart->points[i].value) * CHART_ROWS * EIGHTHS);
        for (size_t k = 0; k < drawing->bar; k++)
            drawing->heights[column + k] = height > 0 ? (int)height : 1;
    }
}

static const char *cell(const struct drawing *drawing, int row, size_t column)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    bool plain = drawing->chart->plain;
    int filled = drawing->heights[column] - row * EIGHTHS;
    if (filled >= EIGHTHS)
        return plain ? "#" : "█";
    if (filled > 0 && !plain)
        return blocks[filled - 1];
    if (filled >= EIGHTHS / 2 || (filled > 0 && row == 0))
        return "#";
    return row == drawing->target ? plain ? "-" : "┄" : " ";
}

/* What stands before the row: the axis's ends, and the target. */
static const char *row_label(const struct drawing *drawing, int row, char buffer[LABEL_SIZE])
{
    if (row == drawing->target)
        return label_of(drawing->chart->target, buffer);
    if (row == CHART_ROWS - 1)
        return label_of(drawing->high, buffer);
    return row == 0 ? label_of(drawing->low, buffer) : "";
}

static void print_row(FILE *out, const struct drawing *drawing, int row)
{
    char buffer[LABEL_SIZE];
    const char *label = row_label(drawing, row, buffer);
    fprintf(out, "%*s%*s %s", (int)drawing->chart->indent, "", (int)drawing->label, label,
            drawing->chart->plain ? "|"
            : *label              ? "┤"
                                  : "│");
    size_t last = drawing->plot;
    while (last > 0 && strcmp(cell(drawing, row, last - 1), " ") == 0)
        last--;
    for (size_t i = 0; i < last; i++)
        fputs(cell(drawing, row, i), out);
    fputc('\n', out);
}

static void print_axis(FILE *out, const struct drawing *drawing)
{
    const struct chart *chart = drawing->chart;
    int margin = (int)(chart->indent + drawing->label + 1);
    fprintf(out, "%*s%s", margin, "", chart->plain ? "+" : "└");
    for (size_t i = 0; i < drawing->plot; i++)
        fputs(chart->plain ? "-" : "─", out);
    fprintf(out, "\n%*s%s", margin + 1, "", chart->first);
    size_t taken = strlen(chart->first) + strlen(chart->last) + 1;
    if (chart->count > 1 && taken <= drawing->plot)
        fprintf(out, "%*s", (int)(drawing->plot - strlen(chart->first)), chart->last);
    fputc('\n', out);
}

void chart_print(FILE *out, const struct chart *chart)
{
    struct drawing drawing = {.chart = chart};
    if (chart->count == 0)
        return;
    scale(&drawing);
    size_t taken = chart->indent + drawing.label + 2;
    if (chart->width < taken + PLOT_MIN)
        return;
    drawing.plot = chart->width - taken;
    drawing.bar = drawing.plot / (2 * chart->count);
    drawing.bar = drawing.bar < 1 ? 1 : drawing.bar > BAR_MAX ? BAR_MAX : drawing.bar;
    AUTO(free_ptr) int *heights = calloc(drawing.plot, sizeof(*heights));
    if (!heights)
        return;
    drawing.heights = heights;
    raise_bars(&drawing);
    for (int row = CHART_ROWS; row-- > 0;)
        print_row(out, &drawing, row);
    print_axis(out, &drawing);
}
