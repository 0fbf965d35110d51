package lnr.lenet.data;

/** The ten digits as strokes of a pen: for each several ways that people write it. */
final class Glyphs {
    private Glyphs() {}

    /**
     * One movement of the pen.
     *
     * @param smooth true for a Catmull-Rom spline through the points, false for straight lines between them
     * @param points x and y alternating, in the unit square, y downwards
     */
    record Stroke(boolean smooth, double... points) {}

    /** Indexed by digit, then by way of writing; a way that stands twice is twice as common. */
    static final Stroke[][][] STROKES = {
        zero(), one(), two(), three(), four(), five(), six(), seven(), eight(), nine()
    };

    private static Stroke curve(double... points) {
        return new Stroke(true, points);
    }

    private static Stroke line(double... points) {
        return new Stroke(false, points);
    }

    private static Stroke[] way(Stroke... strokes) {
        return strokes;
    }

    private static Stroke[][] zero() {
        return new Stroke[][] {
            way(curve(.5, 0, .2, .12, .05, .5, .2, .88, .5, 1, .8, .88, .95, .5, .8, .12, .5, 0)),
            way(curve(.62, .04, .3, .06, .08, .4, .12, .8, .42, 1, .8, .85, .94, .45, .75, .1, .42, .02)),
            way(curve(.75, .12, .45, 0, .1, .3, .08, .72, .4, 1, .8, .8, .95, .35, .7, .05, .55, .12)),
        };
    }

    private static Stroke[][] one() {
        return new Stroke[][] {
            way(line(.5, 0, .5, 1)),
            way(line(.52, 0, .48, 1)),
            way(curve(.52, 0, .5, .5, .5, 1)),
            way(line(.28, .24, .55, 0, .55, 1)),
            way(line(.3, .26, .56, 0, .56, 1), line(.2, 1, .9, .99)),
        };
    }

    private static Stroke[][] two() {
        return new Stroke[][] {
            way(curve(.1, .25, .3, .03, .65, .03, .85, .25, .7, .52, .4, .78, .1, .98), line(.1, .98, .95, .96)),
            way(curve(.12, .2, .4, 0, .78, .12, .75, .45, .45, .8, .15, .97, .08, .85, .25, .76, .5, .9, .97, .95)),
            way(curve(.15, .1, .5, 0, .82, .2, .6, .55, .12, .95), line(.12, .95, .9, 1)),
        };
    }

    private static Stroke[][] three() {
        return new Stroke[][] {
            way(
                    curve(.12, .12, .45, 0, .8, .15, .75, .38, .42, .48),
                    curve(.42, .48, .8, .58, .88, .8, .55, 1, .1, .88)),
            way(line(.1, .03, .85, .03, .45, .4), curve(.45, .4, .82, .5, .9, .75, .55, 1, .1, .9)),
            way(curve(.15, .1, .5, 0, .82, .15, .7, .4, .4, .5, .35, .44, .5, .44, .8, .58, .85, .85, .5, 1, .08, .9)),
        };
    }

    private static Stroke[][] four() {
        return new Stroke[][] {
            way(line(.15, 0, .1, .5, .9, .47), line(.78, .02, .75, 1)),
            way(line(.68, 0, .08, .62, .95, .62), line(.68, 0, .68, 1)),
            way(curve(.12, .02, .08, .35, .3, .5, .78, .42), curve(.85, .02, .78, .45, .7, 1)),
            way(curve(.2, .05, .08, .38, .35, .52, .8, .4), line(.8, .1, .78, .4, .72, 1)),
        };
    }

    private static Stroke[][] five() {
        return new Stroke[][] {
            way(line(.85, .02, .25, .02, .18, .42), curve(.18, .42, .5, .36, .85, .55, .8, .85, .45, 1, .08, .9)),
            way(curve(.88, 0, .4, .06, .22, .3, .5, .45, .8, .62, .72, .9, .4, 1, .1, .92)),
            way(
                    line(.22, .05, .2, .45),
                    curve(.2, .45, .55, .4, .82, .65, .6, .97, .1, .93),
                    line(.22, .05, .92, 0)),
        };
    }

    private static Stroke[][] six() {
        return new Stroke[][] {
            way(curve(.75, 0, .4, .15, .15, .5, .15, .8, .4, 1, .75, .92, .85, .7, .6, .55, .3, .65, .18, .82)),
            way(curve(.5, 0, .25, .35, .12, .7, .3, .98, .65, .97, .78, .75, .55, .58, .25, .68, .15, .78)),
            way(curve(.85, .08, .5, .02, .15, .4, .12, .78, .45, 1, .85, .82, .75, .55, .4, .55, .15, .75)),
        };
    }

    private static Stroke[][] seven() {
        return new Stroke[][] {
            way(line(.1, .05, .9, .03, .45, 1)),
            way(curve(.08, .12, .12, .05, .5, .06, .9, .03, .8, .25, .55, .6, .45, 1)),
            way(line(.1, .05, .9, .03, .42, 1), line(.3, .52, .88, .48)),
            way(line(.1, .2, .12, .03, .88, .03, .6, .45, .4, 1)),
        };
    }

    private static Stroke[][] eight() {
        return new Stroke[][] {
            way(curve(
                    .75, .1, .5, 0, .2, .12, .25, .35, .5, .48, .8, .68, .78, .9, .5, 1, .2, .9, .2, .68, .5, .48, .75,
                    .3, .78, .12)),
            way(
                    curve(.5, 0, .22, .1, .25, .38, .5, .46, .76, .36, .78, .1, .5, 0),
                    curve(.5, .46, .15, .6, .15, .9, .5, 1, .85, .9, .85, .6, .5, .46)),
            way(curve(
                    .85, .05, .5, .02, .2, .15, .35, .4, .7, .6, .75, .88, .45, 1, .2, .85, .35, .6, .7, .35, .85,
                    .05)),
        };
    }

    private static Stroke[][] nine() {
        return new Stroke[][] {
            way(curve(.8, .15, .5, 0, .18, .15, .18, .4, .45, .52, .75, .38, .8, .15), line(.8, .12, .75, 1)),
            way(
                    curve(.8, .15, .5, 0, .18, .15, .18, .4, .45, .52, .75, .38, .8, .15),
                    curve(.82, .1, .82, .5, .65, .85, .3, 1)),
            way(curve(.82, .2, .55, 0, .2, .15, .22, .42, .5, .5, .78, .25, .82, .12, .75, .55, .62, 1)),
        };
    }
}
